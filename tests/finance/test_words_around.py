"""Words around a number that make it another one, and those that do not."""

import pytest

from finlmm_utils.finance.answers import match

OTHER = [
    ("€40.4 trillion", "40.4 trillion Canadian dollars"),
    ("£3.6 million", "3.6 million Australian dollars"), ("5m Hong Kong dollars", "US$5m"),
    ("12bn Swiss francs", "€12bn"), ("INR 82 million", "82 million Swiss francs"),
    ("Fr. 12", "€12"), ("KES 12bn", "€12bn"), ("BTC 12", "$12"), ("CNH 12", "US$12"),
    ("12万美金", "12万元"), ("12万镑", "12万元"), ("50 pence", "£50"),
    ("50 pence", "50%"), ("5角", "5元"),
    ("5分", "5元"), ("12 fen", "12元"), ("12 paise", "₹12"), ("12 centimes", "€12"),
    ("12 kopecks", "₽12"), ("12 US cents", "US$12"), ("fell to 12", "-12"),
    ("declined to 12%", "-12%"), ("down to 12", "-12"), ("下降到12%", "-12%"),
    ("loss ratio of 12%", "-12%"), ("12% lower", "12%"), ("lower by 12%", "12%"),
    ("12% smaller", "12%"), ("slipped 12%", "12%"), ("回落12%", "12%"), ("plunged 12%", "12%"),
    ("12 grand", "12"), ("12 mil", "12"), ("12 hundredths", "12"), ("12 halves", "12"),
    ("maximum 12", "12"), ("minimum of 12", "12"), ("north of 12", "12"), ("12-plus", "12"),
    ("except 12", "12"), ("excluding 12", "12"), ("12 excluded", "12"),
    ("anything but 12", "12"), ("neither 12", "12"), ("cannot be 12", "12"),
    ("I don't think 12", "12"), ("12 is false", "12"), ("12 is too high", "12"),
    ("before 2022", "2022"), ("after 2022", "2022"), ("Figure 12", "12"), ("Table 12", "12"),
    ("图12", "12"), ("附注12", "12"), ("12 GB", "12 TB"), ("12 hectares", "12 acres"),
    ("12 seconds", "12 minutes"), ("12 quarters", "12 years"), ("12季", "12年"),
    ("12 mcf", "12 bcf"), ("nearly 12", "12"), ("almost 12%", "12%"), ("close to 12", "12"),
    ("just shy of 12", "12"), ("近12%", "12%"), ("将近12亿", "12亿"), ("几乎12", "12"),
    ("12 customers", "12 suppliers"), ("12 new customers", "12 new suppliers"),
    ("12 million customers", "12 million suppliers"), ("12家客户", "12家供应商"),
    ("12 countries", "12 companies"), ("12 customers", "12 years"), ("12 customers", "12%"),
    ("12 customers", "$12"), ("12% of revenue", "12% of costs"), ("12% margin", "12% yield"),
    ("12% a month", "12% a year"), ("12% annually", "12% monthly"), ("12 pairs", "12"),
    ("12 billionths", "12"), ("tens of 12", "12"), ("page 12", "12"), ("week 12", "12"),
    ("January 12", "12"), ("12 Jan", "12"), ("第12页", "12"), ("12号", "12"),
    ("$12 million USD", "12 million Canadian dollars"), ("$12 EUR", "€12"),
]  # fmt: skip

SAME = [
    ("40.4 trillion Canadian dollars", "C$40.4 trillion"), ("fell to 12", "12"),
    ("下降至12%", "12%"), ("down 12%", "-12%"), ("a decrease of 5%", "-5%"),
    ("about 12 employees", "12"), ("12 million dollars", "$12m"), ("Revenue was 12", "12"),
    ("The answer is 12%.", "12%"), ("12 (see Figure 2)", "12"), ("12% lower", "-12%"),
    ("12 cents", "$0.12"), ("rose to 12", "12"), ("in fiscal 2022", "2022"),
    ("5 million euros", "€5m"), ("Chinese yuan 5", "CNY 5"), ("loss of 5", "-5"),
    ("12 quarters", "12"), ("英镑12万", "£120,000"), ("12 years", "12 years"),
    ("minus twelve", "-12"), ("about twelve", "12"), ("50 pence", "50 pence"),
    ("2022", "2022年"), ("12家", "12"), ("12 customers", "12"), ("12家客户", "12"),
    ("12 stores", "12 retail stores"), ("12 companies", "12 company"), ("12% growth", "12%"),
    ("12% higher", "12% increase"), ("12 branches worldwide", "12 branches"),
    ("12 in total", "12 customers"), ("12% of sales", "12%"), ("$12m in revenue", "$12m"),
    ("a 5-million-dollar", "$5m"), ("$12 million USD", "US$12m"), ("$12 a share", "$12 per share"),
    ("12% a year", "12% annually"), ("(5亿元人民币)", "-5亿元"), ("12 (see Graph 3)", "12"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_unit_bound_level_or_reference_is_never_paid(one, other):
    assert match(one, other, "number") is not True
    assert match(other, one, "number") is not True


@pytest.mark.parametrize(("said", "gold"), SAME)
def test_the_same_number_in_other_words_is_paid(said, gold):
    assert match(said, gold, "number") is True


def test_an_option_is_chosen_by_its_own_words_before_its_value():
    question = "Which? A. 5 pp B. 5%"
    assert match("5%", "B", "choice", question=question)
    assert not match("5%", "A", "choice", question=question)
