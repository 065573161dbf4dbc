"""Recipes, and the loop that trains them on any Keras backend."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "channel": ["TrainingChannel"],
        "history": ["EpochReport"],
        "loop": ["Training"],
        "objectives": ["OBJECTIVES", "Objective"],
        "phase": ["Phase"],
        "recipe": ["Recipe"],
        "recipes": ["RECIPES", "get_recipe"],
        "run": ["train"],
    },
)
