"""What several techniques share: loops that are compiled, and many pictures driven by a step for one."""
