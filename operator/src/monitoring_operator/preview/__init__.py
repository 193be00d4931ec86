"""Dashboards as pages that a browser opens without Grafana: what a dashboard will look like before anybody has one.

The pages are drawn from the same JSON that Grafana gets, by a small script that they carry along; nothing is fetched.
"""
