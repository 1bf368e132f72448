with demographics as ({{ demographics_as_of(ref("cohort")) }})

select *
from demographics
