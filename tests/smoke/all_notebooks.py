"""Run all notebooks under the profile ``smoke``, two at a time where neither reads the other.

Usage: ``python -m tests.smoke.all_notebooks FOLDER``. One after the other they would be the longest
part of the tests, on one of two cores.
"""

import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

from finlmm_utils.study.cli import main
from finlmm_utils.study.parameters.notebooks import APPENDICES, notebook
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.runner.plan import all_numbers, plan
from finlmm_utils.study.runner.runner import execute

NUMBERS = [*all_numbers(), *APPENDICES]


def run_all(folder: Path) -> int:
    """Run what is not done, then the command as a user types it: it skips all and writes the page.

    Args:
        folder: Of the run.

    Returns:
        The first exit code that is not 0.
    """
    steps = {step.number: step for step in plan(NUMBERS, load_profile("smoke"), folder)}
    order = TopologicalSorter({number: notebook(number).reads for number in NUMBERS})
    order.prepare()
    running = {}
    with ThreadPoolExecutor(2) as pool:
        while order.is_active():
            for number in sorted(order.get_ready()):
                running[pool.submit(execute, [steps[number]], resume=True)] = number
            for one in wait(running, return_when=FIRST_COMPLETED).done:
                if code := one.result():
                    pool.shutdown(cancel_futures=True)
                    return code
                order.done(running.pop(one))
    return main(["run", *NUMBERS, "--profile", "smoke", "--out", str(folder), "--resume"])


if __name__ == "__main__":
    sys.exit(run_all(Path(sys.argv[1])))
