"""The schedules of `lr_scheduler`, by how the rate depends on the step.

functions  of a function that is given
factors    base rate times a factor: in stretches, at milestones, exponentially, along a line
waves      half a wave of the cosine, once or again and again
one_cycle  up and down, with the momentum in the opposite direction
plateau    lower when a metric no longer improves
chains     several schedules: one after the other, or all at once
"""
