"""Labels: units come from the registry of metrics, bandwidth ratios are written as papers write them."""

from linksim import metrics
from linksim.report.labels import cbr_text, metric_label, tag_text


def test_bandwidth_ratios_are_written_as_fractions():
    ratios = (1 / 16, 1 / 3, 5 / 12, 1280 / 3072, 0.0667, 0.073)
    assert [cbr_text(ratio) for ratio in ratios] == ["1/16", "1/3", "5/12", "5/12", "1/15", "0.073"]


def test_metrics_are_labelled_with_their_unit():
    assert metric_label("psnr") == "PSNR (dB)" and metric_label("ms_ssim") == "MS-SSIM"
    assert metric_label("psnr_of_mean_mse") == "PSNR of the mean MSE (dB)"
    assert metric_label("of-somebody-else") == "of-somebody-else"
    for name in metrics.names():
        assert ("(dB)" in metric_label(name)) == (metrics.get(name).unit == "dB")


def test_tags_are_told_in_words():
    assert tag_text("cbr", 1 / 12) == "CBR 1/12" and tag_text("training_snr_db", 7.0) == "trained at 7 dB"
    assert tag_text("scheme", "DeepJSCC") == "DeepJSCC" and tag_text("depth", 3) == "depth 3"
