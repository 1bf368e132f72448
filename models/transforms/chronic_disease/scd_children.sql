with scd_children as (select * from {{ ref("population_scd") }} where is_scd)

select *
from scd_children
