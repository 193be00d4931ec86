"""The contract: the MonitoringProfile's models and every name that more than one room uses. Imports nothing else of ours."""
