import FineTuning
import Testing

/// Settings that may change between two starts of a fan-out.
@Suite struct TrialSettingsTests {
    /// Settings of the tasks and models of `planConfiguration()`, with one of them changed.
    private func settings(_ change: (inout TrialSettings) -> Void = { _ in }) -> TrialSettings {
        var settings = TrialSettings()
        for name in ["mr", "pos"] { settings.tasks[name] = ["precision": "fp32", "train": "x"] }
        for name in ["base", "base-scratch"] { settings.checkpoints[name] = ["weights": name] }
        change(&settings)
        return settings
    }

    private func plan(_ settings: TrialSettings, retries: Int = 1) -> TrialPlan {
        TrialPlan(planConfiguration().trials, retries: retries, settings: settings) { _ in 1 }
    }

    @Test func otherSettingsAreRefused() throws {
        var first = plan(settings())
        let next = first.next(group: 0)
        let trial = try #require(next)
        first.finish(trial, planOutcome(0.5))
        let state = first.state()
        var same = plan(settings())
        _ = try same.restore(state, path: "s")
        #expect(same == first)
        // A trial that was never dealt is not bound to its settings.
        var free = plan(settings { $0.tasks["pos"]?["train"] = "y" })
        _ = try free.restore(state, path: "s")
        for (change, expected) in [
            (
                { $0.tasks["mr"]?["precision"] = "bf16" },
                "task mr has trials of other settings: precision was fp32, and is bf16"
            ),
            ({ $0.tasks["mr"]?["train"] = nil }, "train was x, and is not set"),
            ({ $0.tasks["mr"]?["new"] = "z" }, "new was not set, and is z"),
            ({ $0.checkpoints["base"]?["weights"] = "z" }, "model base has trials of other"),
        ] as [((inout TrialSettings) -> Void, String)] {
            var other = plan(settings(change))
            let before = other
            let error = #expect(throws: TaskDataError.self) {
                _ = try other.restore(state, path: "s")
            }
            #expect(error?.description.contains(expected) == true, "\(error as Any)")
            #expect(error?.exitCode == 78 && other == before)
        }
        // An interrupted state also binds.
        var stopped = plan(settings())
        _ = stopped.next(group: 0)
        stopped.release(group: 0)
        var other = plan(settings { $0.tasks["mr"]?["precision"] = "bf16" })
        #expect(throws: TaskDataError.self) { _ = try other.restore(stopped.state(), path: "s") }
    }

    /// An error that advises a change must not bind the settings that caused it.
    @Test func failuresBindNothing() throws {
        func plan(_ settings: TrialSettings) -> TrialPlan { self.plan(settings, retries: 0) }
        var first = plan(settings())
        while let trial = first.next(group: 0) { _ = first.fail(trial, "bad", exitStatus: 78) }
        #expect(first.isComplete && first.failureStatus == 78)
        var same = plan(settings())
        _ = try same.restore(first.state(), path: "s")
        #expect(same == first && same.failureStatus == 78)
        var task = plan(settings { $0.tasks["mr"]?["train"] = "y" })
        _ = try task.restore(first.state(), path: "s")
        let waiting = task.entries.filter { $0.status == .waiting }.map(\.trial.task)
        #expect(Set(waiting) == [0] && waiting.count == task.entries.count / 2)
        var model = plan(settings { $0.checkpoints["base"]?["weights"] = "z" })
        _ = try model.restore(first.state(), path: "s")
        #expect(Set(model.entries.filter { $0.status == .waiting }.map(\.trial.checkpoint)) == [0])
        // Notes on data that has changed are discarded.
        _ = first.note(["odd"], task: "mr")
        _ = first.note(["even"], task: "pos")
        _ = try task.restore(first.state(), path: "s")
        #expect(task.notes == ["pos": ["even"]])
        // A finished trial binds its task and its model.
        var done = plan(settings())
        let next = done.next(group: 0)
        done.finish(try #require(next), planOutcome(0.5))
        while let trial = done.next(group: 0) { _ = done.fail(trial, "bad") }
        #expect(done.failureStatus == 65)
        var other = plan(settings { $0.tasks["mr"]?["train"] = "y" })
        #expect(throws: TaskDataError.self) { _ = try other.restore(done.state(), path: "s") }
    }

    /// A trial that failed once and was then interrupted has work to lose.
    @Test func workAfterAFailureBinds() throws {
        var first = plan(settings())
        let next = first.next(group: 0)
        let trial = try #require(next)
        _ = first.fail(trial, "bad luck", exitStatus: 1)
        var free = plan(settings { $0.tasks["mr"]?["train"] = "y" })
        _ = try free.restore(first.state(), path: "s")
        let again = first.next(group: 0)
        #expect(again == trial)
        first.release(group: 0)
        var other = plan(settings { $0.tasks["mr"]?["train"] = "y" })
        #expect(throws: TaskDataError.self) { _ = try other.restore(first.state(), path: "s") }
        // An untrusted status never means success.
        let text = String(decoding: first.state(), as: UTF8.self)
        var zero = plan(settings())
        _ = try zero.restore(
            Array(
                text.replacing("\"exitStatus\" : 1", with: "\"exitStatus\" : 0")
                    .replacing("\"failed\" : false", with: "\"failed\" : true")
                    .replacing("\"failures\" : 1", with: "\"failures\" : 2").utf8), path: "s")
        #expect(zero.failureStatus == 65)
    }
}
