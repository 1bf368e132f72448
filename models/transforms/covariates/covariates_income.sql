with income as ({{ income_as_of(ref("cohort")) }}) select * from income
