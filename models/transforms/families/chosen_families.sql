{%- set is_two_parent -%}
    {%- if var("population_two_parents_only") -%}
        typed_families.family_type = 'two_parents'
    {%- else -%} true
    {%- endif -%}
{%- endset -%}
with
    -- who is a child of its family on the day, and has the disease by then
    members as (
        select
            persons.*,
            coalesce(
                persons.is_child and persons.is_resident, false
            ) as counts_as_child,
            coalesce(diseases.first_scd_date <= persons.index_date, false) as has_scd
        from {{ ref("persons_on_date") }} as persons
        left join
            {{ ref("severe_chronic_disease") }} as diseases
            on diseases.pnr = persons.pnr
        where persons.family_id is not null
    ),

    families as (
        select
            family_id,
            index_date,
            count(*) as n_members,
            count(*) filter (where is_chosen) as n_chosen,
            count(*) filter (where counts_as_child) as n_all_children,
            count(*) filter (where counts_as_child and is_chosen) as n_children,
            count(*) filter (
                where counts_as_child and is_chosen and has_scd
            ) as n_scd_children,
            bool_or(counts_as_child and has_scd) as has_scd_child,
            bool_or(counts_as_child and father_resident is true) as father_resident,
            bool_or(counts_as_child and mother_resident is true) as mother_resident
        from members
        group by family_id, index_date
    ),

    typed_families as (
        select
            *,
            case
                when n_all_children > 0
                then {{ family_type("father_resident", "mother_resident") }}
            end as family_type
        from families
        where n_chosen > 0
    ),

    chosen_families as (
        select
            typed_families.family_id,
            typed_families.index_date,
            snapshots.valid_from,
            typed_families.n_members,
            typed_families.n_chosen,
            typed_families.n_children,
            typed_families.n_scd_children,
            typed_families.has_scd_child,
            typed_families.family_type,
            typed_families.n_scd_children > 0
            and {{ is_two_parent }} as is_eligible_case,
            typed_families.n_children > 0
            and not typed_families.has_scd_child
            and {{ is_two_parent }} as is_eligible_control
        from typed_families
        inner join
            {{ ref("family_snapshots") }} as snapshots
            on snapshots.family_id = typed_families.family_id
        where
            typed_families.index_date
            between snapshots.valid_from and snapshots.valid_to
    )

select *
from chosen_families
