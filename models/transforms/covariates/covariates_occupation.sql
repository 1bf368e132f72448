with occupation as ({{ occupation_as_of(ref("cohort")) }}) select * from occupation
