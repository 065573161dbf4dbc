"""Golden outputs of links.

Where one fails and the change is meant: raise the VERSION that it names, then run pytest --update-golden.
"""

import numpy as np

from linksim.links import separation
from linksim.links.retransmission import REDUNDANCY_VERSIONS, noise_identities, send
from linksim.phy import RayleighSlow, Transport
from linksim.phy.rng import draw_keys, picture_key


def test_retransmissions(golden):
    """How many transmissions 40 draws take on slow fading, and which arrive in the end."""
    channel, transport = RayleighSlow(csi=True), Transport("16-QAM 1/2", 300, redundancy_versions=REDUNDANCY_VERSIONS)
    keys = [draw_keys(picture_key(noise, "golden", 0), range(40)) for noise in noise_identities(channel, 4)]
    found = send(transport, channel, bytes(range(transport.payload_bytes)), keys, 3.0)
    assert set(found.transmissions) == {1, 2, 3, 4} and not found.delivered.all()
    output = np.where(found.delivered, found.transmissions, 0)
    golden.check("separation-retransmissions", separation.VERSION, output, "linksim/links/separation.py")
