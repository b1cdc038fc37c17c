"""Training throughput of TensorFlow on the network that Tessera trains, as one JSON object.

The network is Keras's in its own layout (NHWC), and a step is one graph (`tf.function`): gather a
batch of byte images by shuffled indices, normalise, forward, cross-entropy, backward, Adam (1e-3,
weight decay 1e-5 added to the gradients as PyTorch does it). `--xla` compiles the graph.

    train_tensorflow.py --batch 64 --threads 2 --seconds 20 [--xla] [--data-dir DIR]
"""

import os

# Before the import: TensorFlow's start-up notes would hide a real message.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import common  # noqa: E402
import numpy  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.keras import layers  # noqa: E402


def make_network():
    """DigitCNN with its default sizes. Its average pool to 3×3 is a plain one on 7×7 maps."""
    def block(channels, kernel):
        return [layers.Conv2D(channels, kernel, padding="same"),
                layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU()]
    return tf.keras.Sequential([
        tf.keras.Input((28, 28, 1)),
        *block(32, 5), layers.MaxPool2D(2),
        *block(64, 5), layers.MaxPool2D(2), layers.SpatialDropout2D(0.1),
        *block(128, 3), layers.AveragePooling2D(3, strides=2), layers.Flatten(),
        layers.Dense(256, activation="relu"), layers.Dropout(0.2),
        layers.Dense(128, activation="relu"), layers.Dense(10),
    ])


class Training:
    def __init__(self, arguments):
        images, labels = common.load_bytes(arguments)
        self.images = tf.constant(images[..., None])
        self.labels = tf.constant(labels.astype(numpy.int32))
        self.batch, self.random = arguments.batch, numpy.random.default_rng(arguments.seed)
        self.order, self.position = self.random.permutation(len(images)), 0
        self.model = make_network()
        self.optimizer = tf.keras.optimizers.Adam(1e-3, epsilon=1e-8)
        self.optimizer.build(self.model.trainable_variables)
        self.graph = tf.function(self.graph_step, jit_compile=arguments.xla)
        self.last_loss = None

    def graph_step(self, indices):
        inputs = tf.cast(tf.gather(self.images, indices), tf.float32)
        inputs = (inputs / 255 - common.MEAN) / common.STANDARD_DEVIATION
        labels = tf.gather(self.labels, indices)
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.model(inputs, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradients = tape.gradient(loss, variables)
        decayed = [g + 1e-5 * v for g, v in zip(gradients, variables)]
        self.optimizer.apply(decayed, variables)
        return loss

    def step(self):
        if self.position + self.batch > len(self.order):
            self.order, self.position = self.random.permutation(len(self.order)), 0
        indices = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        # Reading the loss waits for the step, which TensorFlow may otherwise still be running.
        self.last_loss = float(self.graph(tf.constant(indices, tf.int32)))


def main():
    parser = common.parser(__doc__, seconds=20)
    parser.add_argument("--xla", action="store_true", help="compile the graph with XLA")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    # Operations of a step depend on each other; a second stream of them would only take cores.
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(arguments.seed)
    training = Training(arguments)
    samples, steps, first = common.sample_training(training.step, arguments)
    if training.last_loss != training.last_loss:
        raise common.PeerError("the loss became NaN; the run measures nothing")
    common.print_report(
        "train_tensorflow", arguments, samples, steps, first,
        sum(int(numpy.prod(v.shape)) for v in training.model.trainable_variables),
        last_loss=training.last_loss, tensorflow=tf.__version__, keras=tf.keras.__version__,
        xla=arguments.xla)


if __name__ == "__main__":
    common.run(main)
