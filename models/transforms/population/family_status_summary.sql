with
    counts as (
        select family_type, count(*) as n
        from {{ ref("family_status") }}
        where is_child
        group by family_type
    ),

    shares as (
        select
            family_type,
            n,
            round(100.0 * n / nullif(sum(n) over (), 0), 2) as percentage
        from counts
    )

select *
from shares
