with
    chosen_persons as (
        select * exclude (excluded_by, is_chosen)
        from {{ ref("persons_on_date") }}
        where is_chosen
    )

select *
from chosen_persons
