with
    children as (
        select pnr, index_date, age, birth_date, mother_pnr
        from {{ ref("family_status") }}
        where is_child
    ),

    -- the mother's other children whom a register had named by the day
    siblings as (
        select
            children.pnr,
            children.index_date,
            cast(children.birth_date as int) as birth_day,
            cast(others.birth_date as int) as other_day
        from children
        inner join
            {{ ref("mother_children") }} as others
            on others.mother_pnr = children.mother_pnr
        where others.pnr <> children.pnr and others.known_from <= children.index_date
    ),

    places as (
        select
            pnr,
            index_date,
            count(*) as others,
            count(*) filter (where other_day < birth_day) as elder,
            count(*) filter (where other_day = birth_day) as twins,
            min(birth_day - other_day) filter (
                where other_day < birth_day
            ) as days_since_previous,
            min(other_day - birth_day) filter (
                where other_day > birth_day
            ) as days_to_next
        from siblings
        group by pnr, index_date
    ),

    stays as ({{ admission_use_before("children") }}),

    child_records as (
        select
            children.pnr,
            children.index_date,
            children.age,
            children.mother_pnr,
            case
                when children.mother_pnr is not null then coalesce(places.elder, 0) + 1
            end as birth_order,
            case
                when children.mother_pnr is not null then coalesce(places.twins, 0) + 1
            end as born_together,
            case
                when children.mother_pnr is not null then coalesce(places.others, 0) + 1
            end as mother_children,
            places.days_since_previous / 365.25 as years_since_previous,
            places.days_to_next / 365.25 as years_to_next,
            coalesce(stays.n_admission_spells, 0) as n_hospitalisations,
            coalesce(stays.n_admission_spells, 0)
            * 365.25
            / nullif(
                {{ days_between("children.birth_date", "children.index_date") }}, 0
            ) as hospitalisations_per_year
        from children
        left join
            places
            on places.pnr = children.pnr
            and places.index_date = children.index_date
        left join
            stays on stays.pnr = children.pnr and stays.index_date = children.index_date
    )

select *
from child_records
