with parent_covariates as ({{ parent_record_as_of(ref("study_parents")) }})

select *
from parent_covariates
