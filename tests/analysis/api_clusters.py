"""The cluster sample `apiclus1` of California schools (Academic Performance Index 2000), as in R's package survey.

All schools of 15 districts drawn from 757; the weight is R's `pw`. A line is a district or a part of one, by number. One word per
school: stype, api00, three times y or n (sch.wide, comp.imp, awards), enroll.
"""

import re

import numpy as np
import pandas as pd

from analysis.design import Design

DISTRICTS = """
637 H608yyy1689 E684yyy288 E612yyy294 E710ynn143 E729yyy307 E714yyy311 E759yyy362 E585ynn263 E625yyy583 M664yyy886 M669yyy955
437 H443yyy418 E467yyy574 M482yyy286 E496yyn158
778 M411nnn372 E494yyy308
197 E493yyy358 M592nnn921 E550yyy375 M689ynn962 M598nnn954 E628yyy370 E652yyy596 E628yyy485 E832yyy254 E777yyy465 E709yyy481
197 E709nnn425 E736yyy312
406 E561yyy360 E555yyy323
815 H696nnn442 M631nnn508 E564ynn166 E602ynn525
178 H529yyy388 E491yyy266 E510yyy671 M547nnn343
255 E814yyy466 E806yyy516 E715yyy489 E785ynn300 M720yyy728 E905yyy512 M617yyy972 E630yyy619 E629yyy562 E696yyy358 E476yyy626
255 E757ynn396 E825yyy571 E595yyy715 E552nnn345 M847yyy850
568 H714yyy258 H724ynn170 H687nnn210 H723yyy467 E662yyy117 E699nnn196 E807ynn205 M679ynn233 E691yyy324
135 E622yyy370 E754ynn309 E655yyy414 E764yyy303 E795yyy407 E505yyy504 E638nnn371 E733yyy374 E523yyy631 E511yyy432 E710ynn299
135 E657yyy500 E602ynn499 E490yyy748 E664nnn356 E651yyy302 E603yyy594 E698yyy527 E511yyy446 E814yyy436 E669ynn381 E711nnn464
135 E538yyy462 E705yyy320 E595yyy437 E551yyy295 E762yyy512 E521yyy343 E709yyy404 E780yyy504 E780yyy411 E722ynn637 E828yyy555
135 E737yyy491
510 H595nnn1585 H661ynn1855 E502yyy385 M614nnn1015 E585yyy483 E582yyy576 M642yyy1405 E536ynn549 E746yyy352 E667ynn564
510 E629nnn540 E745yyy290 E674yyy523 E637yyy379 E696yyy391 E632yyy403 E639yyy613 E745yyy596 E789ynn520 M656yyy1573 E789yyy371
716 H517ynn1908 H478yyn2181 H582ynn2106 E592yyy532 E587yyy381 E553yyy624 E516yyy704 E535ynn602 E566yyy686 E481nnn607
716 E472yyy209 E559ynn643 E610yyy331 E599yyy641 E551ynn479 E554yyy535 E561nnn561 E505nnn695 E492nnn426 E504yyy657 E487yyy300
716 E627yyy612 E465yyy466 E529yyy352 E625yyy559 E436ynn363 E542yyy558 E515nnn257 M461yyy1243 M528yyn1260 M512yyy1306
716 M508yyy1344 E670yyy119 E760yyy818 E652yyy118 E546yyy145 E717yyy486
61 E701yyy371 E748yyy377 E735ynn265 M699nnn930 E685yyy336 E827yyy448 M711yyy1023 E677yyy387 M759nnn940 E697yyy525 E742yyy427
61 E691yyy390 E700yyy358
413 E551yyy274
448 H703yyy2147 E676yyy479 E714yyy441 E842yyy476 E824yyy511 E717yyy385 E836yyy443 M733ynn696 E719yyy332 M817yyy738 E749yyy425
448 E781yyy302
"""
#: api99 of the same schools, in their order.
YEAR_BEFORE = """
562 554 528 669 660 673 693 567 576 598 619 414 420 404 365 408 404 469 601 464 679 594 560 608 565 779 739 645 716 710 508 496
706 641 545 587 469 423 454 575 762 785 682 779 700 890 591 599 615 648 454 750 802 534 553 827 696 715 687 693 601 730 805 662
664 609 748 632 664 758 452 632 688 441 480 692 579 586 431 669 621 520 680 493 801 658 745 502 655 555 484 744 473 701 747 769
684 806 698 593 648 413 607 465 512 618 515 669 648 631 637 657 566 662 553 593 710 759 615 712 495 443 551 556 518 490 433 509
541 469 386 512 520 549 531 513 550 505 494 451 443 582 440 482 578 415 525 526 427 499 479 479 650 736 613 452 659 691 718 695
701 668 812 669 639 764 668 725 660 635 502 668 644 617 790 801 687 785 703 619 755 676 733
"""
WEIGHT = 33.846996307373
DRAWN_FROM = 757.0


def schools() -> pd.DataFrame:
    """Return dnum, stype, api00, sch_wide, comp_imp, awards, enroll, api99, shape (183, 8)."""
    rows = []
    for line in DISTRICTS.split("\n")[1:-1]:
        district, *words = line.split()
        for word in words:
            found = re.fullmatch(r"([EHM])(\d{3})([yn])([yn])([yn])(\d+)", word)
            assert found
            stype, api00, wide, improved, awards, enroll = found.groups()
            rows.append((district, stype, float(api00), wide, improved, awards, float(enroll)))
    found = pd.DataFrame(rows, columns=["dnum", "stype", "api00", "sch_wide", "comp_imp", "awards", "enroll"])
    return found.assign(api99=[float(word) for word in YEAR_BEFORE.split()])


def design(*, fpc: bool) -> Design:
    """Return the design of R's `clus1_w`, or with `fpc` that of `clus1_fpc`, whose weights are 757 / 15."""
    districts = schools()["dnum"].to_numpy()
    weight = np.full(183, DRAWN_FROM / 15 if fpc else WEIGHT)
    return Design(weight, cluster=districts, fpc=np.full(183, DRAWN_FROM) if fpc else None)
