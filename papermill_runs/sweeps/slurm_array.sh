#!/bin/bash
# One GPU for each seed, or for each job of a sweep:
#   sbatch --array=1-4  papermill_runs/sweeps/slurm_array.sh seeds gpu OUT       # seeds 1 to 4
#   sbatch --array=0-11 papermill_runs/sweeps/slurm_array.sh sweep FILE OUT      # jobs 0 to 11
# OUT lies on a file system that all nodes share. Submitted again, each goes on where it stopped. In
# the end, on any machine: finlmm sweep FILE --out OUT --resume writes sweep.csv from what is there.
# A sweep's shared notebooks run once a seed: submit one job of each seed first (--array=0,1,2).
#SBATCH --job-name=finlmm
#SBATCH --nodes=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
set -euo pipefail
kind=$1 what=$2 out=$3 number=$SLURM_ARRAY_TASK_ID
export MASTER_PORT=$((29500 + number % 1000)) # jobs of one node must not share it
if [ "$kind" = seeds ]; then
  finlmm run --profile "$what" --seeds "$number" --out "$out/seed_$number" --resume
else
  finlmm sweep "$what" --only "$number" --out "$out" --resume
fi
