"""Example files (TOML) read and checked, and the handout made of one."""
