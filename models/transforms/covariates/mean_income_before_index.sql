with mean_incomes as ({{ mean_income_before(ref("cohort"), var("mean_income_years")) }})

select *
from mean_incomes
