"""From bytes to QAM symbols and back: segmentation, LDPC, rate matching, scrambling, mapping."""
