with household as ({{ household_as_of(ref("cohort")) }}) select * from household
