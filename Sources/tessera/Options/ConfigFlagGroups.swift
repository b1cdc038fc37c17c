import ArgumentParser
import DigitPipeline
import Training

/// `--recipe`.
typealias RecipeOptions = KeyFlags<RecipeKeys>
/// `--threads` and `--home`, for every command that reads or writes models.
typealias MachineOptions = KeyFlags<MachineKeys>
/// `--accept-other-cpu`, for the commands that train.
typealias CPUOptions = KeyFlags<CPUKeys>
/// What is learned from, and how it is divided.
typealias DataOptions = KeyFlags<DataKeys>
typealias NetworkOptions = KeyFlags<NetworkKeys>
typealias TrainingOptions = KeyFlags<TrainingKeys>
typealias OptimizerOptions = KeyFlags<OptimizerKeys>
typealias ScheduleOptions = KeyFlags<ScheduleKeys>
typealias StoppingOptions = KeyFlags<StoppingKeys>
typealias AugmentationOptions = KeyFlags<AugmentationKeys>
/// How often a training saves its state.
typealias CheckpointOptions = KeyFlags<CheckpointKeys>

enum RecipeKeys: KeyGroup { static var keys: [ConfigKey<RunConfig>] { [ConfigSchema.recipeKey] } }
enum MachineKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { [ConfigSchema.threadsKey, ConfigSchema.homeKey] }
}
enum CPUKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { [ConfigSchema.acceptOtherCPUKey] }
}
enum DataKeys: KeyGroup { static var keys: [ConfigKey<RunConfig>] { ConfigSchema.data.keys } }
enum NetworkKeys: KeyGroup { static var keys: [ConfigKey<RunConfig>] { ConfigSchema.network.keys } }
enum TrainingKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { ConfigSchema.training.keys }
}
enum OptimizerKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { ConfigSchema.optimizer.keys }
}
enum ScheduleKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { ConfigSchema.schedule.keys }
}
enum StoppingKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { ConfigSchema.stopping.keys }
}
enum AugmentationKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { ConfigSchema.augmentation.keys }
}
enum CheckpointKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { ConfigSchema.checkpoints.keys }
}
