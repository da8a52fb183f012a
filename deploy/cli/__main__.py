"""`python -m samestory.deploy.cli`: the same as `samestory`, for supervised workers."""

from samestory.deploy.cli import main

if __name__ == "__main__":  # the sandbox's processes import this file too
    main()
