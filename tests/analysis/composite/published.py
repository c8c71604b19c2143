"""Published tables that the tests of the composite index compare with, each with its source."""

import io

import pandas as pd

#: Arrests per 100,000 and urban share of the states of the USA in 1973, R's `datasets::USArrests`, without the states' names.
ARRESTS = """
13.2,236,58,21.2 10,263,48,44.5 8.1,294,80,31 8.8,190,50,19.5 9,276,91,40.6 7.9,204,78,38.7 3.3,110,77,11.1 5.9,238,72,15.8
15.4,335,80,31.9 17.4,211,60,25.8 5.3,46,83,20.2 2.6,120,54,14.2 10.4,249,83,24 7.2,113,65,21 2.2,56,57,11.3 6,115,66,18
9.7,109,52,16.3 15.4,249,66,22.2 2.1,83,51,7.8 11.3,300,67,27.8 4.4,149,85,16.3 12.1,255,74,35.1 2.7,72,66,14.9 16.1,259,44,17.1
9,178,70,28.2 6,109,53,16.4 4.3,102,62,16.5 12.2,252,81,46 2.1,57,56,9.5 7.4,159,89,18.8 11.4,285,70,32.1 11.1,254,86,26.1
13,337,45,16.1 0.8,45,44,7.3 7.3,120,75,21.4 6.6,151,68,20 4.9,159,67,29.3 6.3,106,72,14.9 3.4,174,87,8.3 14.4,279,48,22.5
3.8,86,45,12.8 13.2,188,59,26.9 12.7,201,80,25.5 3.2,120,80,22.9 2.2,48,32,11.2 8.5,156,63,20.7 4,145,73,26.2 5.7,81,39,9.3
2.6,53,66,10.8 6.8,161,60,15.6
"""
#: Seven ratings of thirty departments, R's `datasets::attitude` (Chatterjee and Price 1977).
ATTITUDE = """
43,51,30,39,61,92,45 63,64,51,54,63,73,47 71,70,68,69,76,86,48 61,63,45,47,54,84,35 81,78,56,66,71,83,47 43,55,49,44,54,49,34
58,67,42,56,66,68,35 71,75,50,55,70,66,41 72,82,72,67,71,83,31 67,61,45,47,62,80,41 64,53,53,58,58,67,34 67,60,47,39,59,74,41
69,62,57,42,55,63,25 68,83,83,45,59,77,35 77,77,54,72,79,77,46 81,90,50,72,60,54,36 74,85,64,69,79,79,63 65,60,65,75,55,80,60
65,70,46,57,75,85,46 50,58,68,54,64,78,52 50,40,33,34,43,64,33 64,61,52,62,66,80,41 53,66,52,50,63,80,37 40,37,42,58,50,57,49
63,54,42,48,66,75,33 66,77,66,63,88,76,72 78,75,58,74,80,78,49 48,57,44,45,51,83,38 85,85,71,71,77,74,55 82,82,39,59,64,78,39
"""
#: Technology Achievement Index, UNDP Human Development Report 2001: annex table A2.1, goalposts of technical note 2.
TAI = """
,patents,royalties,internet,exports,telephones,electricity,schooling,science,published
Finland,187,125.6,200.2,50.7,1203,14129,10.0,27.4,0.744
United States,289,130.0,179.1,66.2,993,11832,12.0,13.9,0.733
Sweden,271,156.6,125.8,59.7,1247,13955,11.4,15.3,0.703
Japan,994,64.6,49.0,80.8,1007,7322,9.5,10.0,0.698
Korea,779,9.8,4.8,66.7,938,4497,10.8,23.2,0.666
"""
#: The 2018 PISA mathematics scores of 37 countries and their standard errors, as in csranks' data `pisa2018`.
PISA = """
Australia,491.3600252,1.939833031|Austria,498.9423138,2.970998694|Belgium,508.0703063,2.262662011
Canada,512.0169429,2.357475749|Chile,417.4065563,2.41588757|Colombia,390.9322732,2.989559274
Czech Republic,499.4676508,2.460661531|Denmark,509.3983746,1.735002337|Estonia,523.4145802,1.743602224
Finland,507.3013618,1.967920411|France,495.4075794,2.320214487|Germany,500.0437805,2.647083096
Greece,451.3703438,3.091228197|Hungary,481.0826364,2.319596741|Iceland,495.1873762,1.953082603
Ireland,499.632894,2.198621128|Israel,463.0345488,3.498563228|Italy,486.5898573,2.780045867
Japan,526.9732502,2.471475318|Korea,525.933002,3.121394315|Latvia,496.1263306,1.962766789
Lithuania,481.1911884,1.953282039|Luxembourg,483.421485,1.097632409|Mexico,408.8014734,2.493225544
Netherlands,519.2309824,2.632277885|New Zealand,494.489676,1.705942856|Norway,500.9637885,2.219044878
Poland,515.6478747,2.602085176|Portugal,492.4874062,2.684570081|Slovak Republic,486.1648542,2.555595707
Slovenia,508.8975441,1.363877596|Spain,481.3926126,1.462417763|Sweden,502.3877022,2.654250935
Switzerland,515.3147131,2.908003898|Turkey,453.5077774,2.260406789|United Kingdom,501.7698992,2.564428111
United States,478.2447174,3.235444099
"""


def arrests() -> pd.DataFrame:
    """Return 50 states by four indicators."""
    return _words(ARRESTS, ["Murder", "Assault", "UrbanPop", "Rape"])


def attitude() -> pd.DataFrame:
    """Return 30 departments by seven ratings."""
    return _words(ATTITUDE, ["rating", "complaints", "privileges", "learning", "raises", "critical", "advance"])


def tai() -> pd.DataFrame:
    """Return five countries by the eight indicators of the TAI, and its published value."""
    return pd.read_csv(io.StringIO(TAI.strip()), index_col=0)


def pisa() -> pd.DataFrame:
    """Return 37 countries by score and se."""
    lines = [line.split(",") for line in PISA.strip().replace("\n", "|").split("|")]
    table = pd.DataFrame(lines, columns=["country", "score", "se"]).set_index("country")
    return table.astype(float)


def _words(text: str, columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame([[float(n) for n in word.split(",")] for word in text.split()], columns=columns)
