/// Work of all ranks that runs beside the steps, in stages. Each rank runs its part of a stage on a
/// thread of its own, and the next stage begins when all ranks have finished.
///
/// Only the main thread communicates with the other ranks, so ``StopPoll`` drives the work from
/// there.
public protocol BackgroundWork: AnyObject {
    /// Whether this rank's part of the current stage is still running. Not collective.
    var isBusyLocally: Bool { get }

    /// Begins the next stage, if there is one. Called on all ranks together when none of them is
    /// busy. Collective.
    func advanceStage() throws
}
