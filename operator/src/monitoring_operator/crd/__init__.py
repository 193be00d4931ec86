"""The CustomResourceDefinition, generated from the models so that the API server and the operator cannot disagree about a spec."""

from monitoring_operator.crd.definition import definition, document

__all__ = ["definition", "document"]
