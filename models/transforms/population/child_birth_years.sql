with
    birth_years as (
        select {{ year_of("birth_date") }} as birth_year, count(*) as n
        from {{ ref("population") }}
        group by birth_year
    )

select *
from birth_years
