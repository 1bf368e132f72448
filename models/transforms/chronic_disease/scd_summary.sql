with
    bases as (
        select 'patients' as base, count(distinct pnr) as n_persons
        from {{ ref("scd_patients") }}
        union all
        select 'population' as base, count(*) as n_persons
        from {{ ref("population") }}
    ),

    listed_categories as (
        select
            definition, category, min(label_en) as label_en, min(label_da) as label_da
        from {{ ref("scd_codes") }}
        where definition in ({{ quoted(var("scd_definitions")) }})
        group by definition, category
        union all
        select
            definition,
            'total' as category,
            'Any category' as label_en,
            'Mindst en kategori' as label_da
        from {{ ref("scd_codes") }}
        where definition in ({{ quoted(var("scd_definitions")) }})
        group by definition
    ),

    diseased_persons as (
        select pnr, definition, 'total' as category
        from {{ ref("scd_patients") }}
        where is_scd
        union all
        select pnr, definition, category
        from {{ ref("scd_categories") }}
    ),

    found_categories as (
        select
            diseased_persons.definition,
            diseased_persons.category,
            count(*) as n_patients,
            count(population.pnr) as n_children
        from diseased_persons
        left join
            {{ ref("population") }} as population
            on population.pnr = diseased_persons.pnr
        group by diseased_persons.definition, diseased_persons.category
    ),

    counted_categories as (
        select
            bases.base,
            listed_categories.*,
            bases.n_persons,
            coalesce(
                case
                    when bases.base = 'patients'
                    then found_categories.n_patients
                    else found_categories.n_children
                end,
                0
            ) as n
        from bases
        cross join listed_categories
        left join
            found_categories
            on found_categories.definition = listed_categories.definition
            and found_categories.category = listed_categories.category
    ),

    scd_summary as (
        select *, round(100.0 * n / nullif(n_persons, 0), 2) as percentage
        from counted_categories
    )

select *
from scd_summary
