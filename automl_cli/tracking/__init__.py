"""Trackers: each tells a tool for experiments what happens in a run, as a listener. None is on unless asked for."""
