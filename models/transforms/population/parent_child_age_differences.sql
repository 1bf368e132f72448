with
    differences as (
        select
            'father' as parent,
            {{ days_between("father_birth_date", "birth_date") }} as days
        from {{ ref("population") }}
        where father_birth_date is not null
        union all
        select
            'mother' as parent,
            {{ days_between("mother_birth_date", "birth_date") }} as days
        from {{ ref("population") }}
        where mother_birth_date is not null
    ),

    bins as (
        select
            cast(round(days / 365.25 / 5) * 5 as int) as age_difference,
            count(*) filter (where parent = 'father') as father_n,
            count(*) filter (where parent = 'mother') as mother_n
        from differences
        group by age_difference
    ),

    shares as (
        select
            age_difference,
            father_n,
            round(
                100.0 * father_n / nullif(sum(father_n) over (), 0), 2
            ) as father_percentage,
            mother_n,
            round(
                100.0 * mother_n / nullif(sum(mother_n) over (), 0), 2
            ) as mother_percentage
        from bins
    )

select *
from shares
