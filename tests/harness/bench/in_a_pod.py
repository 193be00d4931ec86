"""What a kubelet gives the operator: the files of its service account, and an environment that names the API server."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from harness.controlplane import ControlPlane
from harness.operator import ROOT, operator_kubeconfig


def as_in_a_pod(plane: ControlPlane, folder: Path) -> dict[str, str]:
    """Writes the files into `folder` for `harness.bench.pod`; returns the environment, with bytecode that was made beforehand."""
    config = json.loads(operator_kubeconfig(plane).read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    (folder / "token").write_text(user["token"])
    shutil.copy(cluster["certificate-authority"], folder / "ca.crt")
    env = {
        "KUBECONFIG": "",
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": cluster["server"].rpartition(":")[2],
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
        # As the image has it: what memory is given back depends on it.
        **dict(re.findall(r"(MALLOC_\w+)=(\d+)", (ROOT / "Dockerfile").read_text())),
    }
    subprocess.run([sys.executable, "-c", "import monitoring_operator.cli.run"], env=os.environ | env, check=True)
    return env
