"""Joins our SageMaker to ministack, and changes ministack where it is not like AWS.

Every module changes one part and says at each change what AWS does and what ministack does. `adapter` makes them all.
"""
