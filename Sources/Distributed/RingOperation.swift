import MPI

/// One collective in flight on the ring: a state machine that advances as far as it can at each
/// call.
///
/// Receives are posted up to a window ahead and consumed in order; a message is sent as soon as the
/// message that carries its contents has been consumed. So several segments are in flight at once,
/// and additions run while others are on the wire. The schedule, never timing, fixes the order of
/// additions: the result has the same bits on every rank and in every run.
final class RingOperation {
    private let communicator: Communicator
    let schedule: RingSchedule
    private let buffer: UnsafeMutableBufferPointer<Float>
    private let wire: WireType
    private let tag: Int
    let scratch: RingScratch

    private var receives: RequestQueue
    private var sends: RequestQueue
    private var postedReceives = 0
    private var takenReceives = 0
    private var postedSends = 0
    private var finishedSends = 0

    /// Creates an operation on `buffer`, which must stay in place until the operation is complete.
    /// The wire type is that of the sums; an all-gather moves exact bits.
    init(
        _ schedule: RingSchedule, on buffer: UnsafeMutableBufferPointer<Float>, wire: WireType,
        communicator: Communicator, tag: Int, scratch: RingScratch
    ) {
        self.schedule = schedule
        self.buffer = buffer
        self.wire = wire
        self.communicator = communicator
        self.tag = tag
        self.scratch = scratch
        receives = RequestQueue(capacity: scratch.slots)
        sends = RequestQueue(capacity: scratch.slots)
    }

    deinit {
        // After an error, requests may be pending: they must end before the memory that they use is
        // freed.
        receives = RequestQueue(capacity: 1)
        sends = RequestQueue(capacity: 1)
    }

    /// Whether the operation is complete.
    var isComplete: Bool {
        takenReceives == schedule.messages && finishedSends == schedule.messages
    }

    /// Advances as far as possible without waiting. Returns whether anything advanced.
    func progress() throws(MPIError) -> Bool {
        var hasMoved = false
        while try advance() { hasMoved = true }
        return hasMoved
    }

    private func advance() throws(MPIError) -> Bool {
        var hasMoved = false
        while !receives.isFull, mayReceive(postedReceives) {
            receives.append(try postReceive(postedReceives))
            postedReceives += 1
            hasMoved = true
        }
        if try receives.removeFirstIfComplete() {
            take(takenReceives)
            takenReceives += 1
            hasMoved = true
        }
        while !sends.isFull, maySend(postedSends) {
            sends.append(try postSend(postedSends))
            postedSends += 1
            hasMoved = true
        }
        if try sends.removeFirstIfComplete() {
            finishedSends += 1
            hasMoved = true
        }
        return hasMoved
    }

    /// Whether message `message` may be received. Finished values arrive in the buffer itself, from
    /// which a partial sum of the same segment was sent earlier. That send must be complete, even
    /// though the values could not have come around the ring before it was.
    private func mayReceive(_ message: Int) -> Bool {
        guard message < schedule.messages else { return false }
        return finishedSends > message - schedule.reducingMessages || schedule.kind != .allReduce
            || schedule.isReducing(message)
    }

    /// Whether message `message` may be sent. The first step sends this rank's own values; every
    /// later step sends what the previous one received.
    private func maySend(_ message: Int) -> Bool {
        message < schedule.messages && message < takenReceives + schedule.segments
    }

    private func postReceive(_ message: Int) throws(MPIError) -> Request {
        let range = schedule.received(message)
        let previous = (schedule.rank + schedule.ranks - 1) % schedule.ranks
        switch wire {
        case .float32 where !schedule.isReducing(message):
            let target = UnsafeMutableBufferPointer(rebasing: buffer[range])
            return try communicator.irecv(target, from: previous, tag: tag)
        case .float32:
            let slot = scratch.receiveSlot(message, Float.self, count: range.count)
            return try communicator.irecv(slot, from: previous, tag: tag)
        case .bfloat16:
            let slot = scratch.receiveSlot(message, UInt16.self, count: range.count)
            return try communicator.irecv(slot, from: previous, tag: tag)
        }
    }

    /// Adds, or stores, the values that message `message` carried.
    private func take(_ message: Int) {
        let range = schedule.received(message)
        let isReducing = schedule.isReducing(message)
        guard !range.isEmpty, let base = buffer.baseAddress else { return }
        let target = base + range.lowerBound
        switch wire {
        case .float32:
            if !isReducing { return }
            let slot = scratch.receiveSlot(message, Float.self, count: range.count)
            guard let values = slot.baseAddress else { return }
            add(values, to: target, count: range.count)
        case .bfloat16:
            let slot = scratch.receiveSlot(message, UInt16.self, count: range.count)
            guard let bits = slot.baseAddress else { return }
            guard isReducing else {
                decodeBFloat16(bits, to: target, count: range.count)
                return
            }
            addBFloat16(bits, to: target, count: range.count)
            // The other ranks will see this sum rounded, so its owner must, too.
            if schedule.kind == .allReduce, schedule.completesSum(message) {
                roundToBFloat16(target, count: range.count)
            }
        }
    }

    private func postSend(_ message: Int) throws(MPIError) -> Request {
        let range = schedule.sent(message)
        let next = (schedule.rank + 1) % schedule.ranks
        let source = UnsafeBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[range]))
        switch wire {
        case .float32:
            return try communicator.isend(source, to: next, tag: tag)
        case .bfloat16:
            let slot = scratch.sendSlot(message, count: range.count)
            if let values = source.baseAddress, let bits = slot.baseAddress {
                encodeBFloat16(values, to: bits, count: range.count)
            }
            return try communicator.isend(UnsafeBufferPointer(slot), to: next, tag: tag)
        }
    }
}
