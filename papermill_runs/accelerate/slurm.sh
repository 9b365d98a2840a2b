#!/bin/bash
# Trains a stage on several nodes: sbatch papermill_runs/accelerate/slurm.sh STAGE_FOLDER [CONFIG]
# STAGE_FOLDER was written by notebook 04 or 05 under launch: shell, on a file system that all nodes
# share. CONFIG is ddp, fsdp or zero3 (the default). Submitted again, it goes on from the last checkpoint.
#SBATCH --job-name=finlmm
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
set -euo pipefail
stage=$1
config=papermill_runs/accelerate/${2:-zero3}.yaml
gpus=${SLURM_GPUS_ON_NODE:-8}
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export HEAD=$head STAGE=$stage CONFIG=$config TOTAL=$((SLURM_NNODES * gpus))
# One task a node; each finds its own rank in SLURM_NODEID, hence the single quotes.
srun --kill-on-bad-exit=1 bash -c 'accelerate launch --config_file "$CONFIG" \
  --num_machines "$SLURM_NNODES" --machine_rank "$SLURM_NODEID" --num_processes "$TOTAL" \
  --main_process_ip "$HEAD" --main_process_port 29500 \
  -m finlmm_utils.tar.launch "$STAGE"'
