with family_status as ({{ family_status_as_of(ref("cohort")) }})

select *
from family_status
