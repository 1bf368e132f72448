with education as ({{ education_as_of(ref("cohort")) }}) select * from education
