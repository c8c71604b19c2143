"""The two-stage sample `apiclus2` of California schools (Academic Performance Index 2000), as in R's package survey.

40 districts drawn from 757, up to five schools of each. A line is a district: its number, the schools it has, and api00/enroll of
each school drawn, `-` where R has no number.
"""

import numpy as np
import pandas as pd

from analysis.design import Design

DISTRICTS = """
15 1 821/152
63 1 773/312
83 3 600/173 740/201 716/147
117 1 811/234
132 3 472/184 520/512 568/543
152 3 591/332 544/217 612/520
173 4 926/507 890/362 903/402 901/408
176 1 453/2237
198 4 569/471 545/501 584/720 601/311
200 11 622/365 610/834 622/397 783/376 612/498
228 2 536/- 524/-
264 1 636/112
295 5 666/435 698/757 713/445 614/161 701/298
302 4 927/224 934/175 933/218 903/463
403 5 911/395 889/400 874/362 861/994 842/113
452 4 652/- 554/- 553/- 601/-
456 1 607/173
480 5 717/521 646/541 644/869 631/1111 690/501
523 2 622/1031 566/797
534 5 615/421 596/723 547/702 541/411 621/367
549 5 912/669 929/328 909/668 951/223 912/213
552 2 759/343 803/454
570 36 660/1195 502/1145 479/1120 545/840 478/455
574 1 710/181
575 28 769/520 865/474 808/408 840/583 840/1119
596 7 818/264 821/260 868/235 892/380 824/304
620 72 580/282 807/175 537/825 690/230 489/167
638 14 641/443 542/1077 645/1270 543/406 486/239
639 7 756/290 795/358 773/348 772/387 743/927
674 2 794/443 751/404
679 4 631/1067 555/1195 608/1418 627/1418
687 3 772/156 738/151 670/125
701 2 673/181 711/205
711 2 730/310 711/428
719 1 468/298
731 9 766/460 742/315 776/1012 742/1211 626/387
742 1 747/193
768 2 620/271 602/663
781 6 895/269 844/258 869/351 851/319 861/270
795 1 653/333
"""


def schools() -> pd.DataFrame:
    """Return dnum, api00, enroll (NaN where it is not known) and weight, shape (126, 4)."""
    rows = []
    for line in DISTRICTS.split("\n")[1:-1]:
        district, held, *words = line.split()
        for word in words:
            score, pupils = word.split("/")
            enroll = np.nan if pupils == "-" else float(pupils)
            rows.append((district, float(score), enroll, 757 / 40 * float(held) / len(words)))
    return pd.DataFrame(rows, columns=["dnum", "api00", "enroll", "weight"])


def design() -> Design:
    """Return the design without finite-population correction: R's `svydesign(id = ~dnum + snum, weights = ~pw)`."""
    found = schools()
    return Design(found["weight"].to_numpy(), cluster=found["dnum"].to_numpy())
