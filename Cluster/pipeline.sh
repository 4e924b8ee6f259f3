#!/usr/bin/env bash
# Submits a whole pre-training to SLURM, each job to start when the one before it has succeeded:
# prepare -> pretrain (all phases of the configuration) -> evaluate -> fine-tune.
#
#   Cluster/pipeline.sh --config Configs/bert-base-phase1+2.yaml --nodes 4 \
#       --run Checkpoints/mine --corpus Corpora/en --finetune finetune.yaml Corpora/en.txt
#
#   --config FILE      the run's configuration; it trains on --corpus, with the vocabulary of that,
#                      whatever `data.train` and `model.vocabulary` the file has (phases that have a
#                      `data.train` of their own are refused)
#   --run DIR          the run directory
#   --corpus DIR       made of the TEXTs, with its vocabulary, by Cluster/prepare.sbatch
#   --nodes N          nodes to pre-train and to fine-tune on (default 2)
#   --heldout PATH     evaluated at the end (default: the corpus's held-out part)
#   --finetune FILE    a configuration of fine-tuning; it starts from the run, whatever its
#                      `checkpoints` are, and its results land in the run directory's finetune/
#                      (default: no fine-tuning)
#   TEXT...            none: the corpus is there already
#   -- OPTION...       for bert-train, e.g. --set batch.micro=8
#
# Submit from the repository's root. Partition, account, time and the like: SLURM's own SBATCH_*
# variables. Settings of the single jobs: the heads of Cluster/*.sbatch. Run it again after a failure:
# what is done is kept.
set -euo pipefail

manual() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

usage() {
    echo "pipeline: $1" >&2
    manual >&2
    exit 64
}

config='' run='' corpus='' heldout='' finetune='' nodes=2 texts=() options=()
while (($#)); do
    case $1 in
    --)
        shift
        options=("$@")
        break
        ;;
    --config | --run | --corpus | --heldout | --finetune | --nodes)
        (($# > 1)) || usage "$1 needs a value"
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --help | -h) manual && exit 0 ;;
    -*) usage "unknown option $1" ;;
    *)
        texts+=("$1")
        shift
        ;;
    esac
done
[[ -n $config && -n $run && -n $corpus ]] || usage "--config, --run and --corpus are needed"
[[ $nodes =~ ^[1-9][0-9]*$ ]] || usage "--nodes is a number, not '$nodes'"
for file in "$config" ${finetune:+"$finetune"}; do
    [[ -f $file ]] || { echo "pipeline: there is no $file" >&2 && exit 66; }
done
# The command line's --set cannot reach into phases, which it does not know.
if awk '/^[^ #-]/ { inside = /^phases:/ } inside && /(^|[{ ,])train *:/ { found = 1 } END { exit !found }' "$config"; then
    echo "pipeline: $config: its phases have a data.train of their own, which would win over --corpus $corpus: remove it" >&2
    exit 78
fi
command -v sbatch >/dev/null || {
    echo "pipeline: there is no sbatch: this is for SLURM. Without, run the programs with mpirun or Cluster/launch" >&2
    exit 69
}
[[ -f Cluster/pretrain.sbatch ]] || { echo "pipeline: submit from the repository's root" >&2 && exit 66; }

# listed PATH: prints a YAML list that contains it. In single quotes, only single quotes are
# special.
listed() { echo "['${1//\'/\'\'}']"; }

previous=''
# submit NAME SBATCH-ARGUMENT...: submits a job that starts after the previous one has succeeded,
# and is cancelled if that one fails.
submit() {
    local name=$1 after=()
    shift
    if [[ -n $previous ]]; then
        after=(--dependency="afterok:$previous" --kill-on-invalid-dep=yes)
    fi
    previous=$(sbatch --parsable --job-name="$name" ${after[@]+"${after[@]}"} "$@")
    previous=${previous%%;*} # a federation adds the cluster's name
    echo "pipeline: $name is job $previous"
}

if ((${#texts[@]})); then
    submit prepare Cluster/prepare.sbatch "$corpus" "${texts[@]}"
fi
submit pretrain --nodes="$nodes" Cluster/pretrain.sbatch --config "$config" --run "$run" \
    --set "data.train=$(listed "$corpus")" --set model.vocabulary=null ${options[@]+"${options[@]}"}
submit evaluate Cluster/evaluate.sbatch "$run" -- --data "${heldout:-$corpus}"
if [[ -n $finetune ]]; then
    submit finetune --nodes="$nodes" Cluster/finetune.sbatch --config "$finetune" \
        --run "$run/finetune" --set "checkpoints=$(listed "$run")"
fi
