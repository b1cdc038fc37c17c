/// The values by their own names, without the concern: `config.hiddenSize` of `config.network.hiddenSize`.
extension ModelConfig {
    public subscript<Value>(
        dynamicMember path: WritableKeyPath<NetworkConfig, Value>
    ) -> Value {
        get { network[keyPath: path] }
        set { network[keyPath: path] = newValue }
    }

    public subscript<Value>(
        dynamicMember path: WritableKeyPath<OptimizerConfig, Value>
    ) -> Value {
        get { optimizer[keyPath: path] }
        set { optimizer[keyPath: path] = newValue }
    }

    public subscript<Value>(
        dynamicMember path: WritableKeyPath<ScheduleConfig, Value>
    ) -> Value {
        get { schedule[keyPath: path] }
        set { schedule[keyPath: path] = newValue }
    }

    public subscript<Value>(
        dynamicMember path: WritableKeyPath<StoppingConfig, Value>
    ) -> Value {
        get { stopping[keyPath: path] }
        set { stopping[keyPath: path] = newValue }
    }

    public subscript<Value>(
        dynamicMember path: WritableKeyPath<AugmentationConfig, Value>
    ) -> Value {
        get { augmentation[keyPath: path] }
        set { augmentation[keyPath: path] = newValue }
    }

    public var optimizerType: OptimizerType {
        get { optimizer.type }
        set { optimizer.type = newValue }
    }

    public var earlyStopping: Bool {
        get { stopping.isEnabled }
        set { stopping.isEnabled = newValue }
    }
}
