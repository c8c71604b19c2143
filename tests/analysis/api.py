"""The stratified sample `apistrat` of California schools (Academic Performance Index 2000), as in R's package survey.

One word per school: stratum (E elementary, M middle, H high), score api00, y or n for awards. Firms of a stratum: 4421,
1018, 755; sampled 100, 50, 50.
"""

import numpy as np
import pandas as pd

from analysis.design import Design

SCHOOLS = """
E840n E516y E531n E501y E720y E805y E778n E731n E592y E669n M496n M505n H467n M409n H522n E497y E638y M609y M867y E534y
E705y M685y E761n H455y H509n E771n H681n H666n E751y M647n M745y E474n E832n E559y H582n E765y M694y M676y H641n E744n
M870y H510n E865y H527n E782y E745y H681n M500n M679n E892y M552y E619y E616y E703y E509y H724y M559n M650y E806n E759y
E740y E642y E565n M565n H525y E726y E863y E765y E893y M443n M774n E398n E539y M668y E776y E580n M581n E503y E724y E476y
H712n E529y E870y E746n E836y H680y E756n M878y H784y E423n E588y E606y E632y M753y E651y H743n E553y H593n M528n E676n
E861y M678n H518n M535y E588y E597y H770n E884n M667y E819y H721n M534n H713y E542n M648n H816y E509n E493y M551y M485y
E893y H641n E709y E596n M765y E609y E671y E720y E669y H667n M743n M403n H610n E650n E836y M695n E542y H618n E578y M551y
E814n M467n E777y H717n H610y E719y H868y H678n E617y H418y M669n E856y E723y M773y E609y M780y M693n M635y H712n E676y
M660n E668y H784y H472n E421y H764y H646n H585n H556n M733n M657y E667y M606y H600n M522n H599n H706n H409n E631n H635y
M601y H477n E845y M819n E631n E696y E714y E788y E667y H710n E568y H453n H546y E847y E679y E477n H646y M627n E521y H624y
"""
SIZES = {"E": 4421, "M": 1018, "H": 755}
SAMPLED = {"E": 100, "M": 50, "H": 50}


def schools() -> pd.DataFrame:
    """Return stype, api00 and awards, shape (200, 3)."""
    rows = [(word[0], float(word[1:4]), word[4] == "y") for word in SCHOOLS.split()]
    return pd.DataFrame(rows, columns=["stype", "api00", "awards"])


def design(*, fpc: bool) -> Design:
    """Return the stratified design of the sample."""
    stratum = schools()["stype"]
    firms = stratum.map(SIZES).to_numpy(dtype=float)
    weight = firms / stratum.map(SAMPLED).to_numpy(dtype=float)
    return Design(weight, np.asarray(stratum), fpc=firms if fpc else None)
