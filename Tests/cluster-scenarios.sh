# shellcheck shell=bash
# Common part of Tests/run-slurm and Tests/run-hosts: a tiny run, waiting with a limit, and
# counting. They source it in the repository's root, once they run in their test bed.

runner=run-${testbed:?}
programs=$(realpath "${BERT_PROGRAMS:-.build/release}")
# Many ranks on few cores.
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

work=$(mktemp -d "/tmp/bert-$runner.XXXXXX")
# LOGS names a folder that keeps the files of the scenarios.
trap 'keep_logs; rm -rf "$work"' EXIT

keep_logs() {
    [[ -n ${LOGS:-} ]] || return 0
    mkdir -p "$LOGS" && cp "$work"/*.log "$LOGS/"
}

# note TEXT...: prints it with the time, so that logs of several processes can be compared.
note() { printf '%(%T)T %s: %s\n' -1 "$runner" "$*"; }

passed=0
failed=0

# scenario TITLE FUNCTION: runs it in a process of its own, which the first failed `need` ends.
scenario() {
    start "$1" "$2"
    collect "$2"
}

declare -A titles processes starts

# start TITLE FUNCTION: the same, but does not wait for its end; `collect FUNCTION` does.
start() {
    titles[$2]=$1
    starts[$2]=$SECONDS
    ("$2") >"$work/$2.scenario.log" 2>&1 &
    processes[$2]=$!
}

collect() {
    if wait "${processes[$1]}"; then
        passed=$((passed + 1))
        echo "$runner: ${titles[$1]}: passed in $((SECONDS - starts[$1])) s"
    else
        failed=$((failed + 1))
        echo "$runner: ${titles[$1]}: FAILED after $((SECONDS - starts[$1])) s"
        tail -n 60 "$work/$1.scenario.log" | sed 's/^/    /'
    fi
}

# finish: prints the line that Tests/run-all counts, the last one.
finish() {
    echo "$passed passed, $failed failed"
    ((passed > 0 && failed == 0))
    exit
}

# need WHAT COMMAND...: fails the scenario with WHAT unless COMMAND succeeds.
need() {
    local what=$1
    shift
    if "$@"; then
        note "as it should be: $what"
    else
        note "NOT TRUE: $what"
        exit 1
    fi
}

# within SECONDS COMMAND...: waits until COMMAND succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

has_line() { grep -qE -- "$2" "$1" 2>/dev/null; }
lacks_line() { ! has_line "$@"; }
is() { [[ $1 == "$2" ]]; }
gone() { ! kill -0 "$@" 2>/dev/null; }

# has_step RUN STEP: succeeds if the run's metrics log has reached that step.
has_step() {
    local step
    step=$(grep '"event":"step"' "$work/$1/metrics.jsonl" 2>/dev/null | tail -n 1 |
        sed -nE 's/.*"step":([0-9]+).*/\1/p')
    ((${step:-0} >= $2))
}

# ranks RUN: prints their process ids on all nodes, which share one process id namespace.
ranks() {
    local pid
    for pid in $(pgrep -f "bert-train.*run.name=$1( |$)"); do
        if [[ $(readlink "/proc/$pid/exe") == */bert-train ]]; then echo "$pid"; fi
    done
}
no_ranks() { [[ -z $(ranks "$1") ]]; }

# same_bits RUN RUN: succeeds if their newest checkpoints hold the same parameters and moments.
same_bits() {
    local one two file
    one=$(find "$work/$1/checkpoints" -maxdepth 1 -name 'step-*' | sort | tail -n 1)
    two=$(find "$work/$2/checkpoints" -maxdepth 1 -name 'step-*' | sort | tail -n 1)
    [[ -n $one && ${one##*/} == "${two##*/}" ]] || return 1
    "$programs/bert" checkpoint diff "$one" "$two"
    for file in "$one"/optimizer.*.h5; do cmp "$file" "$two/${file##*/}" || return 1; done
    "$programs/bert" checkpoint diff "$one" "$two" >/dev/null
}

# text FILE: writes documents for a corpus that takes no time to build.
text() {
    local sources=Sources/QuickStart/Resources
    head -c 30000 $sources/english-nature.txt >"$1"
}

# corpus: builds $work/corpus and its vocabulary.
corpus() {
    text "$work/text.txt"
    "$programs/bert" vocab train --size 500 --output "$work/vocab.txt" "$work/text.txt" &&
        "$programs/bert" corpus build --vocab "$work/vocab.txt" --heldout 0.2 \
            --output "$work/corpus" "$work/text.txt"
}

# configuration: writes that of a model whose step takes milliseconds.
configuration() {
    cat >"$work/tiny.yaml" <<YAML
run: {name: tiny, seed: 7, directory: $work}
model: {preset: bert-tiny, hidden_size: 64, intermediate_size: 128, max_position_embeddings: 64, vocabulary: null}
data: {train: [$work/corpus], sequence_length: 32}
masking: {max_predictions: 5}
batch: {global: 32, micro: 4}
optimizer: {name: lamb, learning_rate: 1e-3}
schedule: {name: linear, warmup_steps: 10, total_steps: ${1:-300}}
evaluation: {every_steps: 0, max_sequences: 64}
checkpoint: {every_steps: 100, every_minutes: 0, keep_last: 100}
parallel: {threads: 1, timeout: 5}
YAML
}
