import Kernels
import Testing
import Training
import TrainingTestSupport

@Suite struct DropoutTests {
    private let shape = SampleShape(height: 4, width: 5, channels: 32)

    private func output(_ layer: any Layer) -> [Float] {
        LayerHarness(layer, sampleCount: 9)
            .forward([Float](repeating: 1, count: 9 * layer.inputShape.count))
    }

    @Test func dropout2dDropsWholeChannelsAndScalesTheRest() {
        let y = output(Dropout2d(shape, rate: 0.25, seed: 4, index: 0))
        var dropped = 0
        for sample in 0..<9 {
            for channel in 0..<32 {
                let values = (0..<20).map { y[(sample * 20 + $0) * 32 + channel] }
                #expect(Set(values).count == 1 && (values[0] == 0 || values[0] == Float(1 / 0.75)))
                dropped += values[0] == 0 ? 1 : 0
            }
        }
        // 288 channels at 0.25: 72 expected, standard deviation 7.3.
        #expect((40...104).contains(dropped))
    }

    @Test func dropoutDropsElementsOneByOne() {
        let y = output(Dropout(shape, rate: 0.25, seed: 4, index: 0))
        let mixed = (0..<9 * 32).filter { group in
            let values = (0..<20).map { y[(group / 32 * 20 + $0) * 32 + group % 32] }
            return Set(values).count == 2
        }
        #expect(mixed.count > 250)
        let share = Double(y.filter { $0 == 0 }.count) / Double(y.count)
        #expect(abs(share - 0.25) < 0.03)
    }
}
