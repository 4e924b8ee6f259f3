# shellcheck shell=bash
# Fine-tuning scenarios of Tests/run-slurm, which sources this. The model is that of the undisturbed
# run; the tasks are tables written here.

: "${work:?is where tests write}"

# tasks EPOCHS: writes $work/finetune.yaml, two tasks with three seeds each.
tasks() {
    local animals=(fox heron otter hare owl toad) places=(river meadow hill forest garden)
    local i animal place
    {
        printf 'sentence\tanimal\tplace\n'
        for ((i = 0; i < 60; i++)); do
            animal=${animals[i * 7 % 6]} place=${places[i * 3 % 5]}
            printf 'the %s lives near the %s\t%s\t%s\n' "$animal" "$place" "$animal" "$place"
        done
    } >"$work/tasks.tsv"
    cat >"$work/finetune.yaml" <<YAML
checkpoints: [$work/undisturbed]
tasks:
  - {name: animals, train: $work/tasks.tsv, evaluate: $work/tasks.tsv, columns: {label: animal}}
  - {name: places, train: $work/tasks.tsv, evaluate: $work/tasks.tsv, columns: {label: place}}
seeds: [1, 2, 3]
learning_rates: [1.0e-3]
epochs: [$1]
sequence_length: 24
batch_size: 8
micro_batch_size: 4
YAML
}

# finetune NAME SBATCH-OPTION...: submits a job, or an array, and prints its number. Its results
# land in $work/NAME; its log, or logs, are $work/NAME*.log.
finetune() {
    sbatch --parsable --job-name="$1" "${@:2}" Cluster/finetune.sbatch \
        --config "$work/finetune.yaml" --run "$work/$1"
}

# trials_done DIR COUNT: succeeds if at least that many trials are done.
trials_done() { (($(grep -oE '"status" ?: ?"done"' "$1/results.json" 2>/dev/null | wc -l) >= $2)); }
has_state_of_trial() { [[ -n $(find "$1/trials" -name state.json 2>/dev/null) ]]; }

# complete DIR MODEL TASK...: succeeds if its table has a line for each of these tasks, with three
# seeds.
complete() {
    local task
    for task in "${@:3}"; do
        has_line "$1/results.md" "^\| $task +\| accuracy +\| $2 +\|([^|]*\|){4} +3 +\|" || return 1
    done
    lacks_line "$1/results.md" failed
}

# alike DIR TASK DIR: succeeds if both have the same best model of a task, and the same losses and
# scores throughout each of its three trials.
alike() {
    local file files
    mapfile -t files < <(cd "$1" && find "trials/$2" -name curve.json)
    for file in "models/$2/model.safetensors" "${files[@]}"; do cmp "$1/$file" "$3/$file" || return 1; done
    ((${#files[@]} == 3))
}

# One job for all trials, some of which are not done when it is preempted. The three scenarios run
# the same trials and must produce the same models.
tuned() {
    local low high
    low=$(finetune tuned --output="$work/tuned.log" --nodes=2 --ntasks-per-node=2)
    need "job $low has done a trial" within 60 trials_done "$work/tuned" 1
    high=$(sbatch --parsable --partition=high --nodelist="$(job_field "$low" NodeList)" --exclusive \
        --job-name=urgent --output=/dev/null --wrap 'sleep 2')
    note "job $high (urgent) asks for the nodes of job $low" | tee -a "$work/tuned.log"
    need "job $high runs" within 40 has_state "$high" 'RUNNING|COMPLETED'
    need "job $low kept the state of its trials" has_line "$work/tuned.log" 'ended with 75'
    need "that of a trial is there" has_state_of_trial "$work/tuned"
    show "$low" | tee -a "$work/tuned.log"
    within 90 is_over "$low"
    show "$low"
    tail -n 40 "$work/tuned.log"
    need "job $low is completed" has_state "$low" COMPLETED
    need "job $low was queued again once" was_restarted "$low" 1
    need "it went on with what was done" has_line "$work/tuned.log" \
        'going on with .*: [1-5] trials done, 0 failed, [1-5] waiting'
    need "all trials are done" trials_done "$work/tuned" 6
    need "the table is complete" complete "$work/tuned" undisturbed animals places
}

# Each task of an array computes one task of the configuration. One of them, the one with the
# array's number, is stopped, and it alone is requeued.
shared_out() {
    local array stopped task other
    array=$(finetune shared_out --output="$work/shared_out-%a.log" --array=1-2 --nodes=1 --ntasks-per-node=2)
    need "both parts have done a trial" within 60 both_have_done 1
    for task in 1 2; do
        if [[ $(job_field "${array}_$task" JobId) == "$array" ]]; then stopped=$task; fi
    done
    need "a task has the array's number" test -n "${stopped:-}"
    other=$((3 - stopped))
    note "SIGUSR1 to ${array}_$stopped" | tee -a "$work/shared_out-$stopped.log"
    scancel --signal=USR1 "${array}_$stopped"
    for task in 1 2; do
        within 90 is_over "${array}_$task"
        show "${array}_$task"
        tail -n 20 "$work/shared_out-$task.log"
        need "task $task is completed" has_state "${array}_$task" COMPLETED
    done
    need "task $stopped was queued again once" was_restarted "${array}_$stopped" 1
    need "task $other was not" was_restarted "${array}_$other" 0
    need "the first part has the first task" complete "$work/shared_out/part-1-of-2" undisturbed animals
    need "and only that" lacks_line "$work/shared_out/part-1-of-2/results.md" places
    need "the second part has the second" complete "$work/shared_out/part-2-of-2" undisturbed places
    # The array has as many tasks as the configuration, or fewer: an idle task must not go
    # unnoticed.
    array=$(finetune too_many --output="$work/too_many-%a.log" --array=1-3 --nodes=1 --ntasks-per-node=1)
    need "a third part fails" within 60 has_state "${array}_3" FAILED
    need "and says why" has_line "$work/too_many-3.log" 'part 3 of 3 would be empty'
    scancel "$array"
    array=$(finetune no_range --output="$work/no_range-%a.log" --array=1,2,4 --nodes=1 --ntasks-per-node=1)
    within 60 is_over "${array}_4"
    need "an array with gaps is refused" has_line "$work/no_range-1.log" 'not a range such as 0-3'
    need "by each of its tasks" has_line "$work/no_range-4.log" 'not a range such as 0-3'
}
both_have_done() {
    trials_done "$work/shared_out/part-1-of-2" "$1" && trials_done "$work/shared_out/part-2-of-2" "$1"
}

# The models of the previous scenarios, in one job and in parts, have the same bits.
tuned_alike() {
    need "animals: the same bits" alike "$work/tuned" animals "$work/shared_out/part-1-of-2"
    need "places: the same bits" alike "$work/tuned" places "$work/shared_out/part-2-of-2"
}
