"""Starts the operator as in a pod: found by its service account's files, which are here in a folder of ours. `pod.py FOLDER run ...`."""

import sys
from pathlib import Path

from monitoring_operator.cli.main import main
from monitoring_operator.cluster import kubeconfig

if __name__ == "__main__":
    kubeconfig.SERVICE_ACCOUNT = Path(sys.argv.pop(1))
    main()
