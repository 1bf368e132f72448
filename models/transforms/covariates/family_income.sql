with
    children as (
        select pnr, {{ year_of("birth_date") }} as birth_year, mother_pnr, father_pnr
        from {{ ref("persons") }}
        where birth_date is not null
    ),

    parents as (
        select pnr, birth_year, mother_pnr as parent_pnr, true as is_mother
        from children
        where mother_pnr is not null
        union all
        select pnr, birth_year, father_pnr as parent_pnr, false as is_mother
        from children
        where father_pnr is not null
    ),

    parent_incomes as (
        select
            parents.pnr,
            income.year,
            parents.is_mother,
            income.total_personal_income as amount
        from parents
        inner join
            {{ ref("income") }} as income
            on income.pnr = parents.parent_pnr
            and income.year >= parents.birth_year
            and income.year < parents.birth_year + {{ var("adult_age") }}
    ),

    incomes_of_both as (
        select
            pnr,
            year,
            count(amount) as n_parents_known,
            max(amount) filter (where is_mother) as mother_income,
            max(amount) filter (where not is_mother) as father_income
        from parent_incomes
        group by pnr, year
    ),

    family_incomes as (
        select
            pnr,
            year,
            n_parents_known,
            mother_income,
            father_income,
            case
                when n_parents_known > 0
                then coalesce(mother_income, 0) + coalesce(father_income, 0)
            end as known_income,
            mother_income + father_income as family_income,
            father_income - mother_income as income_gap,
            case
                when mother_income >= 0 and father_income >= 0
                then
                    round(
                        greatest(mother_income, father_income)
                        / nullif(mother_income + father_income, 0),
                        6
                    )
            end as primary_earner_share
        from incomes_of_both
    )

select *
from family_incomes
