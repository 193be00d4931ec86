module monitoring-operator/tests/tools/prometheus-operator

go 1.26.0

// No program: its CustomResourceDefinitions are read from the module.
require github.com/prometheus-operator/prometheus-operator v0.85.0
