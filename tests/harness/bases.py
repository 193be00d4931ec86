"""A configuration of the user's own, as kube-prometheus-stack's users have it, with everything that must survive being merged."""

CONFIG = """\
global:
  resolve_timeout: 5m
  slack_api_url: https://hooks.example.com/services/PLANTED-BASE
  http_config: {follow_redirects: yes}
templates: ['/etc/alertmanager/config/*.tmpl']
inhibit_rules:
- source_matchers: [severity = critical]
  target_matchers: ['severity =~ "warning|info"']
  equal: [namespace, alertname]
time_intervals:
- name: nights
  time_intervals:
  - times: [{start_time: 17:00, end_time: 24:00}]
    years: ['2026']
route:
  receiver: platform
  group_by: [namespace]
  group_wait: 30s
  routes:
  - receiver: watchdog
    matchers: [alertname = "Watchdog"]
    repeat_interval: 1m
  - receiver: dba
    match: {team: dba}
    continue: yes
    mute_time_intervals: [nights]
  - receiver: everything-critical
    matchers: [severity = "critical"]
receivers:
- name: platform
  slack_configs:
  - channel: '#platform'
    text: |
      {{ template "platform.text" . }}
- name: watchdog
  webhook_configs: [{url: https://deadman.example.com/PLANTED-URL, send_resolved: no, max_alerts: 1_0}]
- name: dba
  email_configs: [{to: dba@example.com, from: am@example.com, smarthost: 'smtp.example.com:25', require_tls: off, html: ''}]
- name: everything-critical
"""
"""Fit for every supported version."""

ALERTS = (
    {"alertname": "Watchdog", "severity": "none"},
    {"alertname": "PostgresDown", "team": "dba", "severity": "critical", "namespace": "db"},
    {"alertname": "NodeDown", "severity": "critical"},
    {"alertname": "Odd", "namespace": "analytics", "severity": "warning"},
    {"alertname": "NoNamespace", "profile": "ga4", "severity": "critical"},
)
"""Labels of alerts that belong to no profile."""
