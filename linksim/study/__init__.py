"""User studies: which of two received pictures people prefer (Wang et al. 2022, fig. 6).

`make` chooses pairs of patches from result folders, `page` writes them into one page for a browser, `server` hands it
out and collects answers, `answers` says what an answer is, and `analysis` what follows from all of them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "analysis": ["Preference", "analyse", "preference"],
        "answers": ["Answers", "read_answers"],
        "make": ["Setting", "Study", "make_study", "read_study"],
        "page": ["write_page"],
        "table": ["write"],
    },
)
