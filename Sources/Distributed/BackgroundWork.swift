/// Work of all ranks that goes on beside the steps, in stages: each rank does its part of a stage
/// on a thread of its own, and the next stage begins once all ranks are through.
///
/// Only the main thread talks to the other ranks, so somebody must ask it: ``StopPoll`` does.
public protocol BackgroundWork: AnyObject {
    /// Whether this rank's part of the present stage is still going on. Not collective.
    var isBusyLocally: Bool { get }

    /// Called on all ranks together when none of them is busy: begins the next stage, if there is
    /// one. Collective.
    func advanceStage() throws
}
